#pragma once

#include "common/app/DaemonApp.h"
#include "Config.h"

/** Serves streams until a signal comes. */
class App : public DaemonApp
{
   public:
      explicit App(std::unique_ptr<Config> config)
         : DaemonApp(NODETYPE_Storage, std::move(config)) {}
};
