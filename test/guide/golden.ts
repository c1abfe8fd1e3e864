// What the examples of docs/guide/coming-from-kamailio.md do with calls, by heading.
import type { GoldenCall } from "./golden-calls.ts";

const BOB = "INVITE sip:bob@example.com";

/** Calls and their outcomes, in the order in which they are made, by the heading of the page. */
export const GOLDEN: ReadonlyMap<string, readonly GoldenCall[]> = new Map<string, readonly GoldenCall[]>([
  [
    "Dispatcher with failover",
    [
      [BOB, "", "13 sip:bob@example.com, 200"],
      [BOB, "", "12 sip:bob@example.com, 200"],
      [BOB, "", "11 sip:bob@example.com, 200"],
      [BOB, "13=500", "13 sip:bob@example.com, 12 sip:bob@example.com, 200"],
      [BOB, "12=500 11=500", "12 sip:bob@example.com, 11 sip:bob@example.com, 13 sip:bob@example.com, 200"],
      [BOB, "11=500 13=500 12=500", "11 sip:bob@example.com, 13 sip:bob@example.com, 12 sip:bob@example.com, 500"],
      [BOB, "13=486", "13 sip:bob@example.com, 486"],
      [BOB, "12=silent", "12 sip:bob@example.com, 11 sip:bob@example.com, 200"],
      [BOB, "11=503", "11 sip:bob@example.com, 500"],
      [BOB, "13=100", "13 sip:bob@example.com, 408"],
      [BOB, "12=180+500", "12 sip:bob@example.com, 11 sip:bob@example.com, 200"],
      [`cancelled ${BOB}`, "11=ring", "11 sip:bob@example.com, 487"],
      [BOB, "13=603", "13 sip:bob@example.com, 603"],
    ],
  ],
  [
    "The same without transactions",
    [
      [BOB, "", "12 sip:bob@example.com, 200"],
      [BOB, "", "11 sip:bob@example.com, 200"],
      [BOB, "", "12 sip:bob@example.com, 200"],
    ],
  ],
  [
    "Without transactions, and right",
    [
      [BOB, "", "11 sip:bob@example.com, 200"],
      [BOB, "", "12 sip:bob@example.com, 200"],
      [BOB, "", "11 sip:bob@example.com, 200"],
      [BOB, "", "12 sip:bob@example.com, 200"],
      [`cancelled ${BOB}`, "11=ring 12=ring", "11 sip:bob@example.com, 487"],
      [BOB, "11=486 12=486", "12 sip:bob@example.com, 486"],
    ],
  ],
  [
    "Addresses with strip and prefix",
    [
      ["INVITE sip:0049301234@example.com", "", "1:5082 sip:45649301234@example.com, 200"],
      [
        "INVITE sip:0049301234@example.com",
        "1:5082=500",
        "1:5082 sip:45649301234@example.com, 1:5080 sip:123049301234@example.com, 200",
      ],
      [
        "INVITE sip:0049301234@example.com",
        "1:5082=500 1:5080=500",
        "1:5082 sip:45649301234@example.com, 1:5080 sip:123049301234@example.com, 500",
      ],
      ["cancelled INVITE sip:0049301234@example.com", "1:5082=ring", "1:5082 sip:45649301234@example.com, 487"],
    ],
  ],
  ["To nobody", [[BOB, "", "nothing"]]],
  ["To one host", [[BOB, "", "4 sip:bob@example.com, 200"]]],
  [
    "To one host, and so says the request URI",
    [
      [BOB, "", "4 sip:bob@192.0.2.4, 200"],
      [BOB, "4=486", "4 sip:bob@192.0.2.4, 486"],
    ],
  ],
  [
    "Round robin by a counter in the script",
    [
      [BOB, "", "3 sip:bob@192.0.2.3, 200", "3 sip:bob@192.0.2.3, 200, 404 for the BYE"],
      [BOB, "", "4 sip:bob@192.0.2.4, 200", "4 sip:bob@192.0.2.4, 200, 404 for the BYE"],
      ["OPTIONS sip:bob@example.com", "", "404"],
      [BOB, "", "3 sip:bob@192.0.2.3, 200", "3 sip:bob@192.0.2.3, 200, 404 for the BYE"],
    ],
  ],
  [
    "Round robin by a counter that all processes share",
    [
      [BOB, "", "3 sip:bob@192.0.2.3, 200", "3 sip:bob@192.0.2.3, 200, 404 for the BYE"],
      [BOB, "", "4 sip:bob@192.0.2.4, 200", "4 sip:bob@192.0.2.4, 200, 404 for the BYE"],
      ["OPTIONS sip:bob@example.com", "", "404"],
      [BOB, "", "3 sip:bob@192.0.2.3, 200", "3 sip:bob@192.0.2.3, 200, 404 for the BYE"],
    ],
  ],
  [
    "A redirect server",
    [
      [BOB, "", "301 <sip:bob@192.0.2.3>"],
      [BOB, "", "301 <sip:bob@192.0.2.4>"],
      ["OPTIONS sip:bob@example.com", "", "404"],
    ],
  ],
  [
    "OpenSIPS: media servers that are marked",
    [
      [BOB, "", "32 sip:bob@example.com, 200"],
      [BOB, "31=486 32=486", "32 sip:bob@example.com, 486"],
      [BOB, "31=500", "32 sip:bob@example.com, 200"],
      [BOB, "", "32 sip:bob@example.com, 200"],
      [BOB, "32=503", "32 sip:bob@example.com, 31 sip:bob@example.com, 200"],
      [`later ${BOB}`, "31=603 32=603", "31 sip:bob@example.com, 603"],
    ],
  ],
  [
    "OpenSIPS: by what the script works out",
    [
      [BOB, "", "37 sip:bob@example.com, 200"],
      [BOB, "37=503", "37 sip:bob@example.com, 35 sip:bob@example.com, 200"],
      [BOB, "37=503 35=503", "37 sip:bob@example.com, 35 sip:bob@example.com, 500"],
    ],
  ],
  [
    "OpenSIPS: dialplan",
    [
      ["INVITE sip:112@example.com", "", "41 sip:112@example.com, 200"],
      ["INVITE sip:0049301234@example.com", "", "42 sip:+49301234@example.com, 200"],
      ["INVITE sip:00491@example.com", "", "43 sip:+491@example.com, 200"],
      ["INVITE sip:0301234@example.com", "", "404"],
    ],
  ],
  [
    "Set after set, and where it came from",
    [
      [BOB, "", "51 sip:bob@192.0.2.51, 200"],
      [BOB, "51=503", "51 sip:bob@192.0.2.51, 500"],
      [`${BOB} from 51`, "", "61 sip:bob@example.com, 200"],
      [`${BOB} from 51`, "61=503", "61 sip:bob@example.com, 62 sip:bob@example.com, 200"],
      [`${BOB} from 51`, "61=503 62=486", "61 sip:bob@example.com, 62 sip:bob@example.com, 486"],
    ],
  ],
  [
    "Partitions by prefix",
    [
      ["INVITE sip:+49301234@example.com", "", "81 sip:+49301234@example.com, 200"],
      ["INVITE sip:0041301234@example.com", "", "81 sip:0041301234@example.com, 200"],
      ["INVITE sip:0012125550100@example.com", "", "82 sip:0012125550100@example.com, 200"],
      ["INVITE sip:+12125550100@example.com", "", "82 sip:+12125550100@example.com, 200"],
      [`${BOB} as ann@europe.example.com`, "", "81 sip:bob@example.com, 200"],
      [`${BOB} as ann@eu.europe.example.com`, "", "81 sip:bob@example.com, 200"],
      [`${BOB} as ann@asia.example.com`, "", "84 sip:bob@example.com, 200"],
      [`${BOB} as bea@asia.example.com`, "", "84 sip:bob@example.com, 200"],
      [`${BOB} as cid@asia.example.com`, "", "83 sip:bob@example.com, 200"],
      [`${BOB} as dan@asia.example.com`, "", "83 sip:bob@example.com, 200"],
    ],
  ],
]);
