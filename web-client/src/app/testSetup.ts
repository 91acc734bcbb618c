/** What every test starts from: all texts, in Dutch. */

import "./allMessages.ts";
import "fake-indexeddb/auto";

// happy-dom has no top layer; what a browser shows there is in the page all the same.
if (typeof HTMLElement !== "undefined") {
  HTMLElement.prototype.showPopover ??= () => {};
  HTMLElement.prototype.hidePopover ??= () => {};
}
