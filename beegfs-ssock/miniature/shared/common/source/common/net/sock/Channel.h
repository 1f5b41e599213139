#pragma once

#include <common/nodes/NodeType.h>
#include <common/nodes/NumNodeID.h>
#include <common/toolkit/poll/Pollable.h>

/** What a server remembers about a stream connection, whatever its transport is. */
class Channel : public Pollable
{
   public:
      bool getIsDirect() const { return isDirect; }
      void setIsDirect(bool value) { isDirect = value; }

      bool getHasActivity() const { return hasActivity; }
      void setHasActivity() { hasActivity = true; }
      void resetHasActivity() { hasActivity = false; }

      bool getIsAuthenticated() const { return isAuthenticated; }
      void setIsAuthenticated() { isAuthenticated = true; }

      NodeType getNodeType() const { return nodeType; }
      void setNodeType(NodeType value) { nodeType = value; }
      NumNodeID getNodeID() const { return nodeID; }
      void setNodeID(NumNodeID value) { nodeID = value; }

   protected:
      Channel() = default;

   private:
      bool isDirect = true;
      bool hasActivity = true; // a young connection is not idle
      bool isAuthenticated = false;
      NodeType nodeType = NODETYPE_Invalid;
      NumNodeID nodeID;
};
