// A Socket.IO server that sends what it gets to everybody: `node socketio.cjs PORT`.
const { Server } = require('socket.io');
const io = new Server({ transports: ['websocket'], perMessageDeflate: false, pingInterval: 120000 });
io.on('connection', (socket) => socket.on('m', (text) => io.emit('m', text)));
const server = require('node:http').createServer();
io.attach(server);
server.listen(Number(process.argv[2]), '127.0.0.1');
