#include "App.h"

App::App(std::unique_ptr<Config> config) : DaemonApp(NODETYPE_Meta, std::move(config)),
   metaConfig(static_cast<const Config&>(*getCommonConfig())) {}

/** @throw SocketException if demoPeer is no address */
void App::initServers()
{
   const std::string& text = metaConfig.getDemoPeer();
   if(text.empty())
      return;

   const size_t colon = text.rfind(':');
   if(colon == std::string::npos)
      throw InvalidConfigException("demoPeer must be address:port, not " + text);

   const NicAddressList nics = {NetworkInterfaceCard::fromText(text.substr(0, colon))};
   const auto port = (unsigned short)StringTk::strToUInt(text.substr(colon + 1));
   peer = std::make_unique<Node>(NODETYPE_Storage, "demo", NumNodeID(1), port, nics);
   servers.push_back(peer.get());
}

void App::onStarted()
{
   if(!peer)
      return;

   driver = std::make_unique<StreamDriver>(*this, *peer, metaConfig);
   driver->start();
}

/** The driver first: it needs the rest. */
void App::stopComponents()
{
   if(driver)
      driver->selfTerminate();
   driver.reset();

   DaemonApp::stopComponents();
}
