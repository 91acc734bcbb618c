/** Id of the build that this client belongs to; see vite.config.ts. */
declare const __BUILD__: string;
