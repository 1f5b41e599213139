#include "common/toolkit/StringTk.h"
#include "ICommonConfig.h"

#include <fstream>

/**
 * Reads a file with one entry per line; blank lines and `#` lines are left out.
 *
 * @throw InvalidConfigException if the file can't be read
 */
void ICommonConfig::loadStringListFile(const char* filename, StringList& outList)
{
   std::ifstream file(filename);
   if(!file)
      throw InvalidConfigException(std::string("Unable to read file: ") + filename);

   for(std::string line; std::getline(file, line); )
   {
      line = StringTk::trim(line);
      if(!line.empty() && line.front() != '#')
         outList.push_back(line);
   }
}

/** @param text "long,medium,short" in milliseconds, 0 = default */
void ICommonConfig::applyMessagingTimeouts(const std::string& text)
{
   StringList parts;
   StringTk::explode(text, ',', &parts);
   if(parts.size() != 3)
      throw InvalidConfigException("connMessagingTimeouts needs three numbers: " + text);

   const auto next = [&parts](int fallback)
   {
      const int value = StringTk::strToInt(parts.front());
      parts.pop_front();
      return value > 0 ? value : fallback;
   };
   connMsgLongTimeout = next(CONN_LONG_TIMEOUT);
   connMsgMediumTimeout = next(CONN_MEDIUM_TIMEOUT);
   connMsgShortTimeout = next(CONN_SHORT_TIMEOUT);
}
