#pragma once

#include "common/toolkit/NetFilter.h"

namespace NetFilterTk
{
   inline std::unique_ptr<NetFilter> load(const std::string& file)
   {
      return std::make_unique<NetFilter>(file);
   }
}
