#pragma once

#include "common/app/config/AbstractConfig.h"

/** The keys of the demonstration's workload, besides the common ones. */
class Config : public AbstractConfig
{
   public:
      /** @throw InvalidConfigException */
      Config(int argc, char** argv) : AbstractConfig(argc, argv) { initConfig(argc, argv, true); }

      /** The server to work with, "address:port"; "" = run until a signal comes. */
      const std::string& getDemoPeer() const { return demoPeer; }

      /** Bytes to move in each direction, in requests of this size. */
      uint64_t getDemoBytes() const { return demoBytes; }
      uint64_t getDemoRequestSize() const { return demoRequestSize; }

      /** Number of small exchanges. */
      unsigned getDemoExchanges() const { return demoExchanges; }

      /** The report (JSON); "" = standard output. */
      const std::string& getDemoReport() const { return demoReport; }

   protected:
      void loadDefaults(bool addDashes) override;
      void applyConfigMap(bool enableException, bool addDashes) override;

   private:
      std::string demoPeer;
      uint64_t demoBytes = 0;
      uint64_t demoRequestSize = 0;
      unsigned demoExchanges = 0;
      std::string demoReport;
};
