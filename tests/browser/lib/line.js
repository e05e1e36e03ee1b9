// The line between a phone and its desk: it can be cut, lose replies, lag, and tell the time wrongly.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const DATE = /\r\ndate: ([^\r]+)\r\n/i;

export class Line {
  // A line from `port` to whatever answers at `to`, where that is.
  static async open(port, to) {
    const line = Object.assign(new Line(), { port, to, sockets: new Set(), lag: 0, minutesAhead: 0, losesReplyTo: null, requests: [] });
    await line.mend();
    return line;
  }

  async mend() {
    this.server = createServer((phone) => this.carry(phone)).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  // From then on nobody answers.
  async cut() {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  // A proxy behind which nobody stands.
  async refuse() {
    await this.cut();
    const words = 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';
    this.server = createServer((phone) => {
      phone.on('error', () => {});
      phone.once('data', () => phone.end(words));
    }).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  carry(phone) {
    const desk = connect(this.to, '127.0.0.1');
    let isLost = false;
    for (const socket of [phone, desk]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        phone.destroy();
        desk.destroy();
      });
    }
    phone.on('data', (data) => {
      const [request] = data.toString('latin1').split('\r\n');
      if (/^[A-Z]+ \//.test(request)) this.requests.push(request);
      isLost ||= Boolean(this.losesReplyTo?.test(request));
      desk.write(data);
    });
    desk.on('data', (data) => {
      if (isLost) {
        this.losesReplyTo = null;
        phone.destroy();
        return;
      }
      setTimeout(() => phone.writable && phone.write(this.retimed(data)), this.lag);
    });
  }

  retimed(data) {
    if (this.minutesAhead === 0) return data;
    const later = (_, date) => `\r\ndate: ${new Date(Date.parse(date) + this.minutesAhead * 60_000).toUTCString()}\r\n`;
    return Buffer.from(data.toString('latin1').replace(DATE, later), 'latin1');
  }
}
