import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';
import helmet from 'helmet';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** One of the two listeners: its server, and the address that browsers know it by. */
export type Listener = {
  http: Server;
  url: string;
  origin: string;
  /** From now on `app` answers what no socket does. */
  serve(app: Express): void;
  close(): Promise<void>;
};

/**
 * Listens on `port` (0 takes a free one).
 * @param url the configured address; null takes the listener's own, for a trial.
 * @throws Error when the port is taken.
 */
export async function openListener(port: number, url: string | null): Promise<Listener> {
  let answer: RequestListener = (_req, res) => void res.writeHead(503).end();
  // There from the first: a socket server takes over the handlers that it finds, and passes on what is not its own.
  // A handler that comes later would answer the socket's requests a second time.
  const http = createServer((req, res) => answer(req, res));
  const taken = await listen(http, port);
  const known = url ?? `http://localhost:${taken}`;
  return {
    http,
    url: known,
    origin: new URL(known).origin,
    serve: app => {
      answer = app;
    },
    close: () => closeServer(http),
  };
}

/** One listener: nothing cached, nothing framed, nothing from elsewhere (security.md WB-1, WB-2). */
export function listenerApp(url: string): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const { protocol, host } = new URL(url);
  const secure = protocol === 'https:';
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          connectSrc: ["'self'", `${secure ? 'wss' : 'ws'}://${host}`],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
          requireTrustedTypesFor: ["'script'"],
          trustedTypes: ["'none'"],
        },
      },
      crossOriginEmbedderPolicy: true,
      strictTransportSecurity: secure && { maxAge: 63_072_000, includeSubDomains: true, preload: true },
      referrerPolicy: { policy: 'no-referrer' },
      xFrameOptions: { action: 'deny' },
    }),
  );
  app.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    res.set(
      'Permissions-Policy',
      'camera=(), microphone=(), geolocation=(), interest-cohort=(), browsing-topics=()',
    );
    next();
  });
  return app;
}

/** The built browser code of one side, and the files that both have. */
export function staticFiles(side: 'chat' | 'desk') {
  const router = express.Router();
  const options = { cacheControl: false, etag: false, lastModified: false } as const;
  router.use(side === 'chat' ? '/chat' : '/', express.static(join(ROOT, 'dist', side), options));
  router.use(express.static(join(ROOT, 'public'), { ...options, index: false }));
  return router;
}

/** Listens, and gives the port. @throws Error when the port is taken. */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise(resolve => server.close(() => resolve()));
}
