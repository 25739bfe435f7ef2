/* Browsers start no worker from a folder. There the site's search runs in a hidden frame that offers what its script
   expects of a worker: messages both ways, and importScripts. The theme's script looks for the class by its name. */
if (location.protocol === "file:") {
  class IFrameWorker extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.inside = frame.contentWindow;
      this.inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.inside.importScripts = async (...addresses) => {
        for (const each of addresses) await this.load(each);
      };
      this.started = this.load(address);
    }

    /* Run a script in the frame, after those before it. */
    load(address) {
      return new Promise((resolve, reject) => {
        const script = this.inside.document.createElement("script");
        script.src = address;
        script.onload = resolve;
        script.onerror = () => reject(new Error(`${address} cannot be read`));
        this.inside.document.body.append(script);
      });
    }

    async postMessage(data) {
      await this.started;
      this.inside.dispatchEvent(new this.inside.MessageEvent("message", { data }));
    }

    terminate() {
      this.inside.frameElement.remove();
    }
  }
  window.IFrameWorker = window.Worker = IFrameWorker;
}
