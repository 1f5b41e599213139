// The port keys: 8.x has one for TCP and UDP together. And the switch for IPv6, which is new with it.

#include "common/toolkit/StringTk.h"
#include "AbstractConfig.h"

const std::vector<AbstractConfig::Key>& AbstractConfig::portKeys()
{
   using C = AbstractConfig;
   using V = const std::string;

   static const std::vector<Key> keys = {
      {"connMetaPort", "8005",
         [](C& c, V& v) { c.connMetaPort = StringTk::strToInt(v); }},
      {"connStoragePort", "8003",
         [](C& c, V& v) { c.connStoragePort = StringTk::strToInt(v); }},
      {"connDisableIPv6", "false",
         [](C& c, V& v) { c.connDisableIPv6 = StringTk::strToBool(v); }},
   };

   return keys;
}
