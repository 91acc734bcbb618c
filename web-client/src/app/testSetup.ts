/** What every test starts from: all texts, in Dutch. */

import "./allMessages.ts";
import "fake-indexeddb/auto";
