#include <app/App.h>

int main(int argc, char** argv)
{
   return daemonMain(argc, argv, [](int count, char** values)
   {
      return std::make_unique<App>(std::make_unique<Config>(count, values));
   });
}
