#pragma once

#include "common/app/config/ICommonConfig.h"
#include "common/toolkit/MapTk.h"

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

      /** For the constructor of the last class: calls the functions that follow. */
      void initConfig(int argc, char** argv, bool enableException, bool addDashes = false);

      virtual void loadDefaults(bool addDashes = false);
      virtual void applyConfigMap(bool enableException, bool addDashes = false);

      /** Values that follow from others. */
      virtual void initImplicitVals();

      void configMapRedefine(const std::string& key, const std::string& value,
         bool addDashes = false);
      bool testConfigMapKeyMatch(const StringMapCIter& iter, const std::string& key,
         bool addDashes) const;

      StringMap configMap; // what isn't applied yet
      std::string cfgFile;
      int argc;
      char** argv;

   private:
      /** A key, its default, and what its value is stored to. */
      struct Key
      {
         const char* name;
         const char* defaultValue;
         void (*store)(AbstractConfig& config, const std::string& value);
      };

      static const std::vector<Key>& commonKeys();
      static const std::vector<Key>& portKeys(); // their names differ between 7.x and 8.x

      const Key* findKey(const StringMapCIter& iter, bool addDashes) const;
      void loadArguments();
      void loadConnAuthHash();
};
