/** Stands for actions/checkout under act, for a second branch beside that of the workflow. */
import { spawnSync } from 'node:child_process';

const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, INPUT_REF = '', INPUT_PATH = '' } = process.env;
if (INPUT_REF !== '') {
  const remote = `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;
  const { status } = spawnSync('git', ['clone', '--quiet', '--depth=1', '--branch', INPUT_REF, remote, INPUT_PATH]);
  process.exitCode = status ?? 1;
}
