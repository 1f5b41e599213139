#include "System.h"

#include <system_error>

/** The text of an errno value; safe with threads. */
std::string System::getErrString(int errCode)
{
   return std::generic_category().message(errCode);
}
