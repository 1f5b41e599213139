#include "common/app/config/ICommonConfig.h"
#include "NetFilter.h"

/**
 * @param file one range per line; "" = no ranges
 * @throw InvalidConfigException if the file can't be read or a line is no range
 */
NetFilter loadNetworkList(const std::string& file)
{
   NetFilter ranges;
   StringList lines;

   if(!file.empty())
      ICommonConfig::loadStringListFile(file.c_str(), lines);

   try
   {
      for(const std::string& line : lines)
         ranges.push_back(IPNetwork::fromCidr(line));
   }
   catch(std::exception& e) // also std::stoul's
   {
      throw InvalidConfigException(file + ": " + e.what());
   }

   return ranges;
}
