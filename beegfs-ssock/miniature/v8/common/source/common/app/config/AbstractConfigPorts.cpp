// The port keys: 8.x has one for TCP and UDP together.

#include <common/toolkit/StringTk.h>
#include "AbstractConfig.h"

void AbstractConfig::loadGenerationDefaults(bool addDashes)
{
   configMapRedefine("connMetaPort", "8005", addDashes);
   configMapRedefine("connStoragePort", "8003", addDashes);
}

/** @return true if it was one of these keys */
bool AbstractConfig::applyGenerationKey(const StringMapCIter& iter, bool addDashes)
{
   if(testConfigMapKeyMatch(iter, "connMetaPort", addDashes))
      connMetaPort = StringTk::strToInt(iter->second);
   else if(testConfigMapKeyMatch(iter, "connStoragePort", addDashes))
      connStoragePort = StringTk::strToInt(iter->second);
   else
      return false;

   return true;
}
