#pragma once

#include "common/Common.h"

class System
{
   public:
      static std::string getErrString() { return getErrString(errno); }
      static std::string getErrString(int errCode);
};
