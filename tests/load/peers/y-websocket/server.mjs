// `@y/websocket-server` as its package starts it: in memory, on loopback.
process.env.HOST = '127.0.0.1';
await import('@y/websocket-server/server');
