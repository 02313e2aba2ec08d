// Where code generators write: generated/, which git ignores.
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const schemaFile = join(import.meta.dirname, '..', 'docs', 'schema.graphql');

/** An empty folder of that name under generated/. */
export async function emptyFolder(name) {
  const folder = join(import.meta.dirname, 'generated', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Runs a program and answers what it printed, which is also what its failure says. */
export async function run(program, args, options) {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, options);
    return stdout + stderr;
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')}: ${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
  }
}

/** Runs a program that an npm package installed. */
export const runTool = (name, args, options) => run(join(import.meta.dirname, 'node_modules', '.bin', name), args, options);
