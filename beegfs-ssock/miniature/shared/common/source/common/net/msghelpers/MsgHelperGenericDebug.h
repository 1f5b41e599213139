#pragma once

#include "common/components/worker/queue/MultiWorkQueue.h"
#include "common/nodes/Node.h"

/** Texts that a running daemon gives about itself. */
class MsgHelperGenericDebug
{
   public:
      static std::string processOpNetOut(const std::list<Node*>& nodes);
      static std::string processOpServed(MultiWorkQueue& queue);

   private:
      static std::string printNodeConns(Node* node);
};
