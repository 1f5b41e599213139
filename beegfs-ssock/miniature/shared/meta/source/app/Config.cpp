#include "common/toolkit/StringTk.h"
#include "common/toolkit/StreamPattern.h"
#include "Config.h"

void Config::loadDefaults(bool addDashes)
{
   AbstractConfig::loadDefaults(addDashes);

   configMapRedefine("demoPeer", "", addDashes);
   configMapRedefine("demoBytes", "1073741824", addDashes);
   configMapRedefine("demoRequestSize", "1048576", addDashes);
   configMapRedefine("demoExchanges", "10000", addDashes);
   configMapRedefine("demoReport", "", addDashes);
}

void Config::applyConfigMap(bool enableException, bool addDashes)
{
   AbstractConfig::applyConfigMap(false, addDashes); // leaves what it doesn't know

   for(StringMapIter iter = configMap.begin(); iter != configMap.end(); ++iter)
   {
      if(testConfigMapKeyMatch(iter, "demoPeer", addDashes))
         demoPeer = iter->second;
      else if(testConfigMapKeyMatch(iter, "demoBytes", addDashes))
         demoBytes = StringTk::strToUInt64(iter->second);
      else if(testConfigMapKeyMatch(iter, "demoRequestSize", addDashes))
         demoRequestSize = StringTk::strToUInt64(iter->second);
      else if(testConfigMapKeyMatch(iter, "demoExchanges", addDashes))
         demoExchanges = StringTk::strToUInt(iter->second);
      else if(testConfigMapKeyMatch(iter, "demoReport", addDashes))
         demoReport = iter->second;
      else if(enableException)
         throw InvalidConfigException("Unknown config key: " + iter->first);
   }

   if(!demoRequestSize || demoRequestSize % StreamPattern::pageSize)
      throw InvalidConfigException("demoRequestSize must be a multiple of 4096");
}
