# The transport and what it stands on. Included by CMakeLists.txt.
add_library(heyhi_network_peers STATIC dns_server.cc tcp_peer.cc transport_fixture.cc)
target_link_libraries(heyhi_network_peers
  PUBLIC heyhi::emulator GTest::gtest
  PRIVATE heyhi::warnings OpenSSL::SSL Threads::Threads)

heyhi_add_test(json_test SOURCES json_test.cc LIBRARIES heyhi::probes)
heyhi_add_test(url_test SOURCES url_test.cc LIBRARIES heyhi::probes)
heyhi_add_test(simulated_clock_test SOURCES simulated_clock_test.cc
  LIBRARIES heyhi::probes Threads::Threads)
heyhi_add_test(dns_lookup_test SOURCES dns_lookup_test.cc LIBRARIES heyhi_network_peers)
heyhi_add_test(curl_transport_test SOURCES curl_transport_test.cc LIBRARIES heyhi_network_peers)
heyhi_add_test(curl_transport_failure_test SOURCES curl_transport_failure_test.cc
  LIBRARIES heyhi_network_peers)
heyhi_add_test(curl_transport_http2_test SOURCES curl_transport_http2_test.cc node_process.cc
  LIBRARIES heyhi_network_peers)
