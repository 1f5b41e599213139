#pragma once

#include "common/app/AbstractApp.h"
#include "common/app/config/AbstractConfig.h"
#include "common/components/StreamListener.h"
#include "common/components/streamlistenerv2/ConnAcceptor.h"
#include "common/components/streamlistenerv2/StreamListenerV2.h"
#include "common/components/worker/Worker.h"
#include "common/nodes/Node.h"

#include <atomic>
#include <functional>

/** Makes the messages that both daemons understand. */
class NetMessageFactory : public AbstractNetMessageFactory
{
   protected:
      std::unique_ptr<NetMessage> createFromMsgType(uint16_t msgType) const override;
};

/**
 * What the two daemons have in common: listeners, workers, and the end of all that by a signal,
 * an error or the daemon's own decision.
 */
class DaemonApp : public AbstractApp
{
   public:
      enum Result { Result_OK = 0, Result_CONFIG = 1, Result_RUNTIME = 2 };

      ~DaemonApp() override;

      /** @return exit code of the process */
      int runNormal();

      /** Callable from each thread; the first reason counts. */
      void requestStop(Result reason);

      void stopComponents() override;
      void handleComponentException(std::exception& e) override;

      const ICommonConfig* getCommonConfig() const override { return config.get(); }
      const NetFilter* getNetFilter() const override { return netFilter.get(); }
      const NetFilter* getTcpOnlyFilter() const override { return tcpOnlyFilter.get(); }
      const AbstractNetMessageFactory* getNetMessageFactory() const override { return &factory; }
      StreamListenerV2* getStreamListenerByFD(int) override { return streamListener.get(); }

      MultiWorkQueue& getWorkQueue() { return workQueue; }

      /** The servers that this daemon talks to; fixed after start. */
      const std::list<Node*>& getServers() const { return servers; }

   protected:
      DaemonApp(NodeType daemonType, std::unique_ptr<AbstractConfig> config);

      /** Called before any thread starts, to fill the list of servers. */
      virtual void initServers() {}

      /** Called when everything runs. */
      virtual void onStarted() {}

      void run() override {}

      std::list<Node*> servers;

   private:
      void endWithParent();
      void initNetwork();
      void startComponents();
      void waitForStop();

      const NodeType daemonType;
      const std::unique_ptr<AbstractConfig> config;
      LogContext log;
      std::unique_ptr<NetFilter> netFilter;
      std::unique_ptr<NetFilter> tcpOnlyFilter;

      NetMessageFactory factory;
      MultiWorkQueue workQueue;
      std::unique_ptr<StreamListenerV2> streamListener;
      std::unique_ptr<ConnAcceptor> connAcceptor;
      std::unique_ptr<StreamListener> classicListener;
      std::list<std::unique_ptr<Worker>> workers;

      std::atomic<int> result{-1}; // -1 = go on
};

/**
 * The main function of a daemon: `make(argc, argv)` gives its app.
 *
 * @return exit code of the process
 */
int daemonMain(int argc, char** argv,
   const std::function<std::unique_ptr<DaemonApp>(int, char**)>& make);
