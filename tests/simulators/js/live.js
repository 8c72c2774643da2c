// Usage: node live.js PACKAGE HOST PORT COUNT. Prints "subscribed", then one JSON line for each of COUNT live events.
// "subscribed" waits for the reply: both clients look only at the first frame of what one read gives them.
const [, , name, host, port, count] = process.argv;
const Client = require(name);
console.log = console.error;

const REPLY = 16;

async function main() {
  const client = new Client(host, Number(port), 10000, 0);
  await client.createSocket();
  const { socket } = client.ztcp || client.zklibTcp;
  const before = socket.bytesRead;
  let left = Number(count);
  await client.getRealTimeLogs((event) => {
    process.stdout.write(JSON.stringify(event) + '\n');
    left -= 1;
    if (left === 0) client.disconnect().then(() => process.exit(0));
  });
  const waiting = setInterval(() => {
    if (socket.bytesRead < before + REPLY) return;
    clearInterval(waiting);
    process.stdout.write('"subscribed"\n');
  }, 5);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
