#pragma once

#include "common/nodes/NodeType.h"
#include "common/nodes/NumNodeID.h"
#include "NodeConnPool.h"

/** A server as another one sees it. */
class Node
{
   public:
      Node(NodeType nodeType, const std::string& id, NumNodeID numID, unsigned short streamPort,
         const NicAddressList& nicList) : nodeType(nodeType), id(id), numID(numID),
         connPool(*this, streamPort, nicList) {}

      NodeType getNodeType() const { return nodeType; }
      const std::string& getID() const { return id; }
      NumNodeID getNumID() const { return numID; }
      NodeConnPool* getConnPool() { return &connPool; }

      /** "beegfs-storage demo [ID: 1]" */
      std::string getNodeIDWithTypeStr() const
      {
         std::ostringstream text;
         text << nodeType << " " << id << " [ID: " << numID.str() << "]";
         return text.str();
      }

   private:
      const NodeType nodeType;
      const std::string id;
      const NumNodeID numID;
      NodeConnPool connPool;
};
