// The port keys: 7.x names them by protocol.

#include "common/toolkit/StringTk.h"
#include "AbstractConfig.h"

const std::vector<AbstractConfig::Key>& AbstractConfig::portKeys()
{
   using C = AbstractConfig;
   using V = const std::string;

   static const std::vector<Key> keys = {
      {"connMetaPortTCP", "8005",
         [](C& c, V& v) { c.connMetaPortTCP = StringTk::strToInt(v); }},
      {"connStoragePortTCP", "8003",
         [](C& c, V& v) { c.connStoragePortTCP = StringTk::strToInt(v); }},
   };

   return keys;
}
