// The header is C++ too: types, names and linkage.
#include <ntb.h>

#include <cstring>
#include <type_traits>

static_assert(std::is_same<decltype(&ntb_close), ntb_code (*)(ntb_endpoint*)>::value, "");
static_assert(std::is_same<decltype(ntb_settings::size), std::size_t>::value, "");

int main()
{
    ntb_settings settings;

    if (ntb_settings_init(&settings, sizeof settings) != NTB_OK)
        return 1;
    if (settings.adapter != 0 || settings.wakeup != NTB_WAKEUP_AUTO || NTB_FOREVER != -1)
        return 1;
    return std::strcmp(ntb_code_name(ntb_close(nullptr)), "NTB_ERR_HANDLE");
}
