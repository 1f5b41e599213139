#pragma once

#include "common/app/config/ICommonConfig.h"
#include "common/app/log/LogContext.h"
#include "common/net/message/AbstractNetMessageFactory.h"
#include "common/net/sock/NetworkInterfaceCard.h"
#include "common/threading/PThread.h"
#include "common/toolkit/NetFilter.h"

class StreamListenerV2;

/** What code in common/ may ask of the daemon that it runs in. */
class AbstractApp : public PThread
{
   public:
      virtual void stopComponents() = 0;

      /** For an error that no component can live with. */
      virtual void handleComponentException(std::exception& e) = 0;

      /** The settings; they don't change while threads run. */
      virtual const ICommonConfig* getCommonConfig() const = 0;

      /** Addresses that may be connected; and those that only take TCP. */
      virtual const NetFilter* getNetFilter() const = 0;
      virtual const NetFilter* getTcpOnlyFilter() const = 0;

      /** Makes objects of messages that came in. */
      virtual const AbstractNetMessageFactory* getNetMessageFactory() const = 0;

      virtual StreamListenerV2* getStreamListenerByFD(int) { return nullptr; }

      NicAddressList getLocalNicList()
      {
         const std::lock_guard<Mutex> lock(localNicListMutex);
         return localNicList;
      }

      void logUsableNICs(LogContext* log, NicAddressList& nicList);

   protected:
      AbstractApp() : PThread("Main", this) {}

      NicAddressList localNicList;
      Mutex localNicListMutex;
};
