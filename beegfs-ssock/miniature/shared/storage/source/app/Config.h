#pragma once

#include "common/app/config/AbstractConfig.h"

/** The storage daemon needs no keys of its own. */
class Config : public AbstractConfig
{
   public:
      /** @throw InvalidConfigException */
      Config(int argc, char** argv) : AbstractConfig(argc, argv) { initConfig(argc, argv, true); }
};
