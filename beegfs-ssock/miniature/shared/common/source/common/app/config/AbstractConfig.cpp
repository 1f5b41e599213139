#include "common/toolkit/StringTk.h"
#include "AbstractConfig.h"

#include <fstream>
#include <iterator>

const std::vector<AbstractConfig::Key>& AbstractConfig::commonKeys()
{
   using C = AbstractConfig;
   using V = const std::string;
   using T = StringTk;

   static const std::vector<Key> keys = {
      {"cfgFile", "", [](C& c, V& v) { c.cfgFile = v; }},
      {"endWithParent", "0", [](C& c, V& v) { c.endWithParent = T::strToInt(v); }},
      {"logLevel", "3", [](C& c, V& v) { c.logLevel = T::strToInt(v); }},
      {"logStdFile", "", [](C& c, V& v) { c.logStdFile = v; }},
      {"connClassicPort", "0", [](C& c, V& v) { c.connClassicPort = T::strToInt(v); }},
      {"connPortShift", "0", [](C& c, V& v) { c.connPortShift = T::strToInt(v); }},
      {"connInterfacesList", "", [](C& c, V& v) { c.connInterfacesList = v; }},
      {"connBacklogTCP", "64", [](C& c, V& v) { c.connBacklogTCP = T::strToUInt(v); }},
      {"connMaxInternodeNum", "6", [](C& c, V& v) { c.connMaxInternodeNum = T::strToUInt(v); }},
      {"connFallbackExpirationSecs", "900",
         [](C& c, V& v) { c.connFallbackExpirationSecs = T::strToUInt(v); }},
      {"connTCPRcvBufSize", "0", [](C& c, V& v) { c.connTCPRcvBufSize = T::strToInt(v); }},
      {"connTCPCongestion", "", [](C& c, V& v) { c.connTCPCongestion = v; }},
      {"connNetFilterFile", "", [](C& c, V& v) { c.connNetFilterFile = v; }},
      {"connTcpOnlyFilterFile", "", [](C& c, V& v) { c.connTcpOnlyFilterFile = v; }},
      {"connAuthFile", "", [](C& c, V& v) { c.connAuthFile = v; }},
      {"connDisableAuthentication", "false",
         [](C& c, V& v) { c.connDisableAuthentication = T::strToBool(v); }},
      {"connMessagingTimeouts", "0,0,0", [](C& c, V& v) { c.applyMessagingTimeouts(v); }},
      {"tuneNumWorkers", "4", [](C& c, V& v) { c.tuneNumWorkers = T::strToUInt(v); }},
      {"tuneWorkerBufSize", "4194304", [](C& c, V& v) { c.tuneWorkerBufSize = T::strToUInt(v); }},
   };

   return keys;
}

/** @throw InvalidConfigException */
void AbstractConfig::initConfig(int, char**, bool enableException, bool addDashes)
{
   // as in BeeGFS, everything is applied twice: first without the file, which the command line names
   loadDefaults(addDashes);
   loadArguments();
   applyConfigMap(false, addDashes);

   configMap.clear();
   loadDefaults(addDashes);
   if(!cfgFile.empty())
      MapTk::loadStringMapFromFile(cfgFile.c_str(), &configMap);
   loadArguments();

   applyConfigMap(enableException, addDashes);
   initImplicitVals();
}

void AbstractConfig::loadArguments()
{
   for(int i = 1; i < argc; i++)
      MapTk::addLineToStringMap(argv[i], &configMap);
}

void AbstractConfig::loadDefaults(bool addDashes)
{
   for(const auto* keys : {&commonKeys(), &portKeys()})
      for(const Key& key : *keys)
         configMapRedefine(key.name, key.defaultValue, addDashes);

   // not in the table: extensions put their own transport's keys behind it, here and below
   configMapRedefine("connUseRDMA", "false", addDashes);
}

/** @throw InvalidConfigException for a key that nobody knows, if enableException */
void AbstractConfig::applyConfigMap(bool enableException, bool addDashes)
{
   StringMap unknown;

   for(StringMapIter iter = configMap.begin(); iter != configMap.end(); ++iter)
   {
      if(testConfigMapKeyMatch(iter, "connUseRDMA", addDashes))
         connUseRDMA = StringTk::strToBool(iter->second);
      else if(const Key* key = findKey(iter, addDashes))
         key->store(*this, iter->second);
      else if(enableException)
         throw InvalidConfigException("Unknown config key: " + iter->first);
      else
         unknown.insert(*iter); // for the derived class
   }

   configMap = unknown;
}

const AbstractConfig::Key* AbstractConfig::findKey(const StringMapCIter& iter,
   bool addDashes) const
{
   for(const auto* keys : {&commonKeys(), &portKeys()})
      for(const Key& key : *keys)
         if(testConfigMapKeyMatch(iter, key.name, addDashes))
            return &key;

   return nullptr;
}

void AbstractConfig::initImplicitVals()
{
   loadConnAuthHash();
}

/**
 * A secret is needed unless authentication was switched off. The hash is only as good as this
 * tree's needs: equal files give equal numbers that are not 0.
 */
void AbstractConfig::loadConnAuthHash()
{
   connAuthHash = 0;
   if(connAuthFile.empty())
   {
      if(!connDisableAuthentication)
         throw InvalidConfigException("No connAuthFile given and connDisableAuthentication is "
            "not set");
      return;
   }

   std::ifstream file(connAuthFile, std::ios::binary);
   const std::string secret{std::istreambuf_iterator<char>(file), {}};
   if(secret.size() < 4)
      throw InvalidConfigException("connAuthFile can't be read or is too short: " + connAuthFile);

   uint64_t hash = 0xcbf29ce484222325; // FNV-1a
   for(const char byte : secret)
      hash = (hash ^ uint8_t(byte)) * 0x100000001b3;
   connAuthHash = hash ? hash : 1;
}

void AbstractConfig::configMapRedefine(const std::string& key, const std::string& value,
   bool addDashes)
{
   MapTk::stringMapRedefine((addDashes ? "--" : "") + key, value, &configMap);
}

bool AbstractConfig::testConfigMapKeyMatch(const StringMapCIter& iter, const std::string& key,
   bool addDashes) const
{
   return addDashes ? !strcasecmp(iter->first.c_str(), ("--" + key).c_str()) :
      iter->first == key;
}
