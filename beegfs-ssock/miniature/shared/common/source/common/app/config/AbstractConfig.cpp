#include <common/app/log/Logger.h>
#include <common/toolkit/StringTk.h>
#include "AbstractConfig.h"

#include <fstream>
#include <iterator>

/**
 * Not for constructors: calls virtual functions.
 *
 * @throw InvalidConfigException
 */
void AbstractConfig::initConfig(int argc, char** argv, bool enableException, bool addDashes)
{
   // the command line counts twice: first it may name the file that it then overrides
   loadFromArgs(argc, argv);
   const std::string file = configMap.count("cfgFile") ? configMap["cfgFile"] : "";
   configMap.clear();

   loadDefaults(addDashes);
   if(!file.empty())
      loadFromFile(file.c_str());
   loadFromArgs(argc, argv);

   applyConfigMap(enableException, addDashes);
   initImplicitVals();
}

void AbstractConfig::loadDefaults(bool addDashes)
{
   configMapRedefine("cfgFile", "", addDashes);
   configMapRedefine("logLevel", "3", addDashes);
   configMapRedefine("logStdFile", "", addDashes);

   loadGenerationDefaults(addDashes); // the ports
   configMapRedefine("connClassicPort", "0", addDashes);
   configMapRedefine("connPortShift", "0", addDashes);
   configMapRedefine("connInterfacesList", "", addDashes);
   configMapRedefine("connUseRDMA", "false", addDashes);
   configMapRedefine("connBacklogTCP", "64", addDashes);
   configMapRedefine("connMaxInternodeNum", "6", addDashes);

   configMapRedefine("connFallbackExpirationSecs", "900", addDashes);
   configMapRedefine("connTCPRcvBufSize", "0", addDashes);
   configMapRedefine("connTCPCongestion", "", addDashes);
   configMapRedefine("connNetFilterFile", "", addDashes);
   configMapRedefine("connTcpOnlyFilterFile", "", addDashes);

   configMapRedefine("connAuthFile", "", addDashes);
   configMapRedefine("connDisableAuthentication", "false", addDashes);
   configMapRedefine("connMessagingTimeouts", "0,0,0", addDashes);
   configMapRedefine("tuneNumWorkers", "4", addDashes);
   configMapRedefine("tuneWorkerBufSize", "4194304", addDashes);
}

/** @throw InvalidConfigException for a key that nobody knows, if enableException */
void AbstractConfig::applyConfigMap(bool enableException, bool addDashes)
{
   StringMap unknown;

   for(StringMapIter iter = configMap.begin(); iter != configMap.end(); ++iter)
   {
      if(testConfigMapKeyMatch(iter, "cfgFile", addDashes))
         cfgFile = iter->second;
      else if(testConfigMapKeyMatch(iter, "logLevel", addDashes))
         logLevel = StringTk::strToInt(iter->second);
      else if(testConfigMapKeyMatch(iter, "logStdFile", addDashes))
         logStdFile = iter->second;
      else if(applyGenerationKey(iter, addDashes))
         continue;
      else if(testConfigMapKeyMatch(iter, "connClassicPort", addDashes))
         connClassicPort = StringTk::strToInt(iter->second);
      else if(testConfigMapKeyMatch(iter, "connPortShift", addDashes))
         connPortShift = StringTk::strToInt(iter->second);
      else if(testConfigMapKeyMatch(iter, "connInterfacesList", addDashes))
         connInterfacesList = iter->second;
      else if(testConfigMapKeyMatch(iter, "connUseRDMA", addDashes))
         connUseRDMA = StringTk::strToBool(iter->second);
      else if(testConfigMapKeyMatch(iter, "connBacklogTCP", addDashes))
         connBacklogTCP = StringTk::strToUInt(iter->second);
      else if(testConfigMapKeyMatch(iter, "connMaxInternodeNum", addDashes))
         connMaxInternodeNum = StringTk::strToUInt(iter->second);
      else if(testConfigMapKeyMatch(iter, "connFallbackExpirationSecs", addDashes))
         connFallbackExpirationSecs = StringTk::strToUInt(iter->second);
      else if(testConfigMapKeyMatch(iter, "connTCPRcvBufSize", addDashes))
         connTCPRcvBufSize = StringTk::strToInt(iter->second);
      else if(testConfigMapKeyMatch(iter, "connTCPCongestion", addDashes))
         connTCPCongestion = iter->second;
      else if(testConfigMapKeyMatch(iter, "connNetFilterFile", addDashes))
         connNetFilterFile = iter->second;
      else if(testConfigMapKeyMatch(iter, "connTcpOnlyFilterFile", addDashes))
         connTcpOnlyFilterFile = iter->second;
      else if(testConfigMapKeyMatch(iter, "connAuthFile", addDashes))
         connAuthFile = iter->second;
      else if(testConfigMapKeyMatch(iter, "connDisableAuthentication", addDashes))
         connDisableAuthentication = StringTk::strToBool(iter->second);
      else if(testConfigMapKeyMatch(iter, "connMessagingTimeouts", addDashes))
         applyMessagingTimeouts(iter->second);
      else if(testConfigMapKeyMatch(iter, "tuneNumWorkers", addDashes))
         tuneNumWorkers = StringTk::strToUInt(iter->second);
      else if(testConfigMapKeyMatch(iter, "tuneWorkerBufSize", addDashes))
         tuneWorkerBufSize = StringTk::strToUInt(iter->second);
      else if(enableException)
         throw InvalidConfigException("Unknown config key: " + iter->first);
      else
         unknown.insert(*iter); // for the derived class
   }

   configMap = unknown;
}

/** Values that follow from others. */
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

void AbstractConfig::loadFromArgs(int argc, char** argv)
{
   for(int i = 1; i < argc; i++)
      MapTk::addLineToStringMap(argv[i], &configMap);
}

void AbstractConfig::configMapRedefine(const std::string& keyStr, const std::string& valueStr,
   bool addDashes)
{
   MapTk::stringMapRedefine((addDashes ? "--" : "") + keyStr, valueStr, &configMap);
}

bool AbstractConfig::testConfigMapKeyMatch(const StringMapCIter& iter, const std::string& testKey,
   bool addDashes) const
{
   return addDashes ? !strcasecmp(iter->first.c_str(), ("--" + testKey).c_str()) :
      iter->first == testKey;
}
