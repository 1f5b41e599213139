// The port keys: 7.x names them by protocol.

#include <common/toolkit/StringTk.h>
#include "AbstractConfig.h"

void AbstractConfig::loadGenerationDefaults(bool addDashes)
{
   configMapRedefine("connMetaPortTCP", "8005", addDashes);
   configMapRedefine("connStoragePortTCP", "8003", addDashes);
}

/** @return true if it was one of these keys */
bool AbstractConfig::applyGenerationKey(const StringMapCIter& iter, bool addDashes)
{
   if(testConfigMapKeyMatch(iter, "connMetaPortTCP", addDashes))
      connMetaPortTCP = StringTk::strToInt(iter->second);
   else if(testConfigMapKeyMatch(iter, "connStoragePortTCP", addDashes))
      connStoragePortTCP = StringTk::strToInt(iter->second);
   else
      return false;

   return true;
}
