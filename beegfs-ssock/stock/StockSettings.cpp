#include "StockSettings.h"

#include <common/app/config/InvalidConfigException.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#define FILE_VARIABLE "BEEGFS_NTB_CONFIG"
#define DEFAULT_FILE "/etc/beegfs/beegfs-ntb.conf"

namespace {

std::string withoutBlanks(const std::string& text)
{
   const char* const blanks = " \t\r";
   const size_t first = text.find_first_not_of(blanks);
   if(first == std::string::npos)
      return "";

   return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void setLine(NtbConfig& config, const std::string& text)
{
   const size_t equals = text.find('=');
   if(equals == std::string::npos)
      throw InvalidConfigException("'" + text + "' is not of the form KEY = VALUE");

   const std::string name = withoutBlanks(text.substr(0, equals) );
   const NtbConfig::Key* key = NtbConfig::find(name, false);
   if(!key)
      throw InvalidConfigException("'" + name + "' is no key of the NTB transport");

   config.set(*key, withoutBlanks(text.substr(equals + 1) ) );
}

bool isAbsent(const std::string& path)
{
   struct stat info;
   return stat(path.c_str(), &info) && (errno == ENOENT);
}

void readFile(NtbConfig& config, const std::string& path)
{
   std::ifstream file(path);
   std::string line;

   for(unsigned number = 1; std::getline(file, line); number++)
   {
      // like the daemons' files: a comment is a whole line, and paths may have any character
      const std::string text = withoutBlanks(line);
      if(text.empty() || (text[0] == '#') )
         continue;

      try
      {
         setLine(config, text);
      }
      catch(InvalidConfigException& e)
      {
         throw InvalidConfigException(path + ", line " + std::to_string(number) + ": " + e.what() );
      }
   }

   if(!file.eof() )
      throw InvalidConfigException(path + " can't be read");
}

} // namespace

/**
 * The environment counts for nothing in a program that has more rights than its caller, as beegfs-ctl in
 * upstream's RPM packages: it names a library, whose code would get these rights.
 */
NtbConfig readStockSettings()
{
   NtbConfig config;

   const char* path = secure_getenv(FILE_VARIABLE);
   if(path || !isAbsent(DEFAULT_FILE) )
      readFile(config, path ? path : DEFAULT_FILE);

   for(const NtbConfig::Key& key : NtbConfig::keys() )
   {
      if(const char* value = secure_getenv(key.name) )
         config.set(key, value);
   }

   config.checkLimits();
   return config;
}
