#pragma once

#include "common/Common.h"

/** A node's number; 0 = not known. */
class NumNodeID
{
   public:
      explicit NumNodeID(uint32_t value = 0) : number(value) {}

      uint32_t val() const { return number; }
      std::string str() const { return std::to_string(number); }
      bool operator==(const NumNodeID& other) const { return number == other.number; }

   private:
      uint32_t number;
};
