#include "common/net/sock/AddrTk.h"
#include "AbstractApp.h"

void AbstractApp::logUsableNICs(LogContext* log, NicAddressList& nicList)
{
   std::string text = "Usable NICs:";
   for(const NicAddress& nic : nicList)
      text += std::string(" ") + nic.name + "(" +
         NetworkInterfaceCard::nicTypeToString(nic.nicType) + ")";

   log->log(Log_NOTICE, text);
}
