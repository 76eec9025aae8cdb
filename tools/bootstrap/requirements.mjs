import { spawnSync } from 'node:child_process';

const MINIMUM_NODE = [20, 19];

const ways = {
  node: {
    linux: 'the package manager of your distribution, or https://nodejs.org/en/download',
    darwin: 'brew install node, or https://nodejs.org/en/download',
    win32: 'winget install OpenJS.NodeJS.LTS, or https://nodejs.org/en/download',
  },
  npm: {
    linux: 'it comes with Node; on Debian and Ubuntu: sudo apt-get install npm',
    darwin: 'it comes with Node: brew install node',
    win32: 'it comes with Node: winget install OpenJS.NodeJS.LTS',
  },
  git: {
    linux: 'sudo apt-get install git, sudo dnf install git, or sudo pacman -S git',
    darwin: 'xcode-select --install, or brew install git',
    win32: 'winget install Git.Git',
  },
};

function wayTo(tool) {
  return ways[tool][process.platform] || ways[tool].linux;
}

function isNodeTooOld() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1]);
}

/** On Windows npm is a .cmd file, which only a shell can start; the arguments are our own constants. */
function answers(tool) {
  const shell = tool === 'npm' && process.platform === 'win32';
  const command = shell ? 'npm --version' : tool;
  return spawnSync(command, shell ? [] : ['--version'], { stdio: 'ignore', shell, windowsHide: true }).status === 0;
}

/** One paragraph for each missing thing: its name and the way to get it. */
export function missingRequirements() {
  const missing = [];
  if (isNodeTooOld()) {
    missing.push(
      `Node ${MINIMUM_NODE.join('.')} or newer (this is ${process.versions.node}).\n  Get it: ${wayTo('node')}`,
    );
  }
  const npmIsHere = Boolean(process.env.npm_execpath) || answers('npm');
  if (!npmIsHere) missing.push(`npm.\n  Get it: ${wayTo('npm')}`);
  if (!answers('git')) missing.push(`git.\n  Get it: ${wayTo('git')}`);
  return missing;
}
