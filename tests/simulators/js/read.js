// Usage: node read.js PACKAGE HOST PORT. Prints one JSON object: what the client made of the terminal.
// Counts and options are asked before the bulk reads: both clients take the ACK_OK that ends a bulk read for the reply
// to their next request.
const [, , name, host, port] = process.argv;
const Client = require(name);
console.log = console.error; // the clients chatter

async function main() {
  const client = new Client(host, Number(port), 10000, 0);
  await client.createSocket();
  const seen = { info: await client.getInfo() };
  if (client.getSerialNumber) {
    seen.serial = await client.getSerialNumber();
    seen.name = await client.getDeviceName();
    seen.firmware = await client.getFirmware();
    seen.time = await client.getTime();
  }
  seen.users = (await client.getUsers()).data;
  const records = await client.getAttendances();
  seen.records = records.data;
  seen.error = records.err ? String(records.err) : null;
  await client.disconnect();
  process.stdout.write(JSON.stringify(seen) + '\n', () => process.exit(0));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
