import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * `vite build` makes both browser sides, apart from each other so that they never share a chunk:
 * the young person's page may not load a byte that the staff listener serves.
 * No polyfill and no preload script: the content security policy allows `script-src 'self'` only.
 */
const browser = {
  sourcemap: false,
  modulePreload: false,
  emptyOutDir: true,
  reportCompressedSize: false,
} as const;

export default defineConfig(({ command }) => ({
  // Vite writes a page below its output at the page's path from here; the tests' root is this folder.
  root: command === 'build' ? at('src/browser/desk') : at('.'),
  // The server serves `public/` itself, to both sides.
  publicDir: false,
  plugins: [react()],
  builder: {
    buildApp: async builder => {
      for (const side of Object.values(builder.environments)) {
        if (side.name === 'chat' || side.name === 'desk') await builder.build(side);
      }
    },
  },
  environments: {
    chat: {
      consumer: 'client',
      build: {
        ...browser,
        outDir: at('dist/chat'),
        // As a library: stable names for the server's page, pictures inside the style sheet, no preload helper.
        lib: { entry: { chat: at('src/browser/chat/chat.ts') }, formats: ['es'], cssFileName: 'chat' },
        rolldownOptions: {
          output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', minify: true },
        },
      },
    },
    desk: {
      consumer: 'client',
      build: {
        ...browser,
        outDir: at('dist/desk'),
        rolldownOptions: { input: at('src/browser/desk/index.html') },
      },
    },
  },
  test: {
    root: at('.'),
    include: ['test/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['test/support/global.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    typecheck: { enabled: false },
  },
}));
