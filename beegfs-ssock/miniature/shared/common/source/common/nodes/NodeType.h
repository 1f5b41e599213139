#pragma once

#include <ostream>

enum NodeType
{
   NODETYPE_Invalid = 0,
   NODETYPE_Meta = 1,
   NODETYPE_Storage = 2,
   NODETYPE_Client = 3,
   NODETYPE_Mgmt = 4,
};

inline std::ostream& operator<<(std::ostream& out, NodeType nodeType)
{
   static const char* const names[] = {"invalid", "beegfs-meta", "beegfs-storage",
      "beegfs-client", "beegfs-mgmtd"};
   return out << names[nodeType <= NODETYPE_Mgmt ? nodeType : NODETYPE_Invalid];
}
