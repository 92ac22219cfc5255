import { join } from 'node:path';

// Tests start the sources as processes, again and again: Node keeps what it compiled of them. Workers and their children inherit it.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['**/__tests__/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/build/',
    '<rootDir>/__tests__/act/',
    '<rootDir>/__tests__/postgres/',
    '<rootDir>/__tests__/browser/',
  ],
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2024', parser: { syntax: 'typescript' }, experimental: { keepImportAttributes: true } },
        module: { type: 'es6' },
      },
    ],
  },
  // Most tests wait for processes and sockets, so that one worker for each processor leaves them idle.
  maxWorkers: 3,
  testTimeout: 30_000,
};
