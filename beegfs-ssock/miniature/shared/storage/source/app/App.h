#pragma once

#include "common/app/DaemonApp.h"
#include "Config.h"

#include <net/message/session/rw/WriteLocalFileMsgEx.h>

/** Stores what is written to it. */
class StorageMessageFactory : public NetMessageFactory
{
   protected:
      std::unique_ptr<NetMessage> createFromMsgType(uint16_t msgType) const override
      {
         if(msgType == NETMSGTYPE_StreamWrite)
            return std::make_unique<WriteLocalFileMsgEx>();

         return NetMessageFactory::createFromMsgType(msgType);
      }
};

/** Serves streams until a signal comes. */
class App : public DaemonApp
{
   public:
      explicit App(std::unique_ptr<Config> config)
         : DaemonApp(NODETYPE_Storage, std::move(config)) {}

      const AbstractNetMessageFactory* getNetMessageFactory() const override { return &storageFactory; }

   private:
      StorageMessageFactory storageFactory;
};
