#pragma once

#include "common/toolkit/poll/Pollable.h"

#include <map>

using PollMap = std::map<int, Pollable*>;
using PollMapIter = PollMap::iterator;

/** The pollables that are currently armed, by descriptor. */
class PollList
{
   public:
      void add(Pollable* pollable) { pollMap[pollable->getFD()] = pollable; }
      void remove(Pollable* pollable) { pollMap.erase(pollable->getFD()); }
      void removeByFD(int fd) { pollMap.erase(fd); }

      PollMap* getPollMap() { return &pollMap; }

   private:
      PollMap pollMap;
};
