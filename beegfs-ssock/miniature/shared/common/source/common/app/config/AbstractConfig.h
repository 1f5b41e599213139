#pragma once

#include <common/app/config/ICommonConfig.h>
#include <common/toolkit/MapTk.h>

/**
 * Configuration from defaults, then a file (cfgFile), then the command line, each as
 * `key=value`. A key that nobody knows is an error.
 */
class AbstractConfig : public ICommonConfig
{
   public:
      const std::string& getCfgFile() const { return cfgFile; }

   protected:
      AbstractConfig(int argc, char** argv) : argc(argc), argv(argv) {}

      void initConfig(int argc, char** argv, bool enableException, bool addDashes = false);

      virtual void loadDefaults(bool addDashes = false);
      virtual void applyConfigMap(bool enableException, bool addDashes = false);
      virtual void initImplicitVals();

      void loadFromFile(const char* filename) { MapTk::loadStringMapFromFile(filename, &configMap); }
      void loadFromArgs(int argc, char** argv);

      void configMapRedefine(const std::string& keyStr, const std::string& valueStr,
         bool addDashes = false);
      bool testConfigMapKeyMatch(const StringMapCIter& iter, const std::string& testKey,
         bool addDashes) const;

      StringMap configMap;
      std::string cfgFile;
      int argc;
      char** argv;

   private:
      void loadGenerationDefaults(bool addDashes);
      bool applyGenerationKey(const StringMapCIter& iter, bool addDashes);
      void loadConnAuthHash();
};
