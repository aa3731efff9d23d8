// An R421A08 with inputs on modbus-serial: the library reads the requests and
// makes the answers, and what is here is the metal. Argument: the port. Holding
// register 40 counts products; they fall when a relay goes off by its timer.
// Input 1 is on from the 40th look at the inputs to the 60th.
"use strict";
const { ServerSerial } = require("modbus-serial");

const on = new Array(9).fill(false);
let products = 0, looks = 0;

const board = {
  getCoil() { throw { modbusErrorCode: 1 }; },
  getDiscreteInput(at) {
    if (at === 0) looks++;
    return at === 0 && looks >= 40 && looks < 60;
  },
  getHoldingRegister(at) {
    if (at === 40) return products;
    return at >= 1 && at <= 8 && on[at] ? 1 : 0;
  },
  setRegister(at, value) {
    if (at < 1 || at > 8) throw { modbusErrorCode: 2 };
    const seconds = value & 0xFF;
    switch (value >> 8) {
      case 2:
        on[at] = false;
        break;
      case 6:
        on[at] = true;
        setTimeout(() => {
          if (on[at]) products++;
          on[at] = false;
        }, seconds * 1000);
        break;
      default:
        console.log("forbidden " + value.toString(16));
    }
  },
};

const server = new ServerSerial(board, { port: process.argv[2], baudRate: 115200, unitID: 7 });
server.on("initialized", () => console.log("ready"));
server.on("error", () => process.exit(0));
