#include "common/app/config/InvalidConfigException.h"
#include "common/toolkit/StringTk.h"
#include "MapTk.h"

#include <fstream>

/** Blank lines and lines that start with '#' are left out. */
void MapTk::addLineToStringMap(const std::string& line, StringMap* outMap)
{
   const std::string text = StringTk::trim(line);
   if(text.empty() || text.front() == '#')
      return;

   const size_t equals = text.find('=');
   const std::string value = (equals == std::string::npos) ? "" : text.substr(equals + 1);
   stringMapRedefine(StringTk::trim(text.substr(0, equals)), StringTk::trim(value), outMap);
}

/** @throw InvalidConfigException if the file can't be read */
void MapTk::loadStringMapFromFile(const char* filename, StringMap* outMap)
{
   std::ifstream file(filename);
   if(!file)
      throw InvalidConfigException(std::string("Unable to read config file: ") + filename);

   for(std::string line; std::getline(file, line); )
      addLineToStringMap(line, outMap);
}
