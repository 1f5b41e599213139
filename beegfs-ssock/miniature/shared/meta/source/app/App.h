#pragma once

#include "common/app/DaemonApp.h"
#include <components/StreamDriver.h>
#include "Config.h"

/** Serves streams, too; with demoPeer it works with another server, reports that and ends. */
class App : public DaemonApp
{
   public:
      explicit App(std::unique_ptr<Config> config);

      void stopComponents() override;

   protected:
      void initServers() override;
      void onStarted() override;

   private:
      const Config& metaConfig;
      std::unique_ptr<Node> peer;
      std::unique_ptr<StreamDriver> driver; // after the peer: its thread uses it
};
