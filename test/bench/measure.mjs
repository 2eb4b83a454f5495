// Runs programs one at a time and says what they cost.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own tick (USER_HZ). */
const ticksPerSecond = 100;
/** How often the high-water mark of a program's memory is read, in milliseconds. */
const pollMs = 100;

/** Processor time of this process, and of all programs that it and they have waited for, in seconds. */
const readOwnCpu = () => {
  // The program's name, in parentheses, may hold anything: fields are counted after it.
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  return { self: (fields[11] + fields[12]) / ticksPerSecond, children: (fields[13] + fields[14]) / ticksPerSecond };
};

/** Processor time that the whole machine spent, whoever asked for it, and that its cores had nothing to do, in seconds. */
const readMachineCpu = () => {
  const [user, nice, system, idle, waiting, irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return {
    busy: (user + nice + system + irq + softirq + steal) / ticksPerSecond,
    idle: (idle + waiting) / ticksPerSecond,
  };
};

const readPeakBytes = (pid) => {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found === null ? 0 : Number(found[1]) * 1024;
  } catch {
    return 0;
  }
};

/**
 * Runs a program to its end and measures it: wall time, processor time of it and of all that it started and waited for, the
 * most memory that it held itself (what it started not included; zero when it ended too soon to be looked at), processor
 * time that others took meanwhile, and time that cores were idle. Throws when it ends with another exit code than the accepted ones.
 */
export const measure = async (argv, { cwd, env, logFile, acceptedExitCodes = [0], keepOutput = false } = {}) => {
  let log = 'ignore';
  if (logFile !== undefined) {
    mkdirSync(dirname(logFile), { recursive: true });
    log = openSync(logFile, 'a');
  }
  const ownBefore = readOwnCpu();
  const machineBefore = readMachineCpu();
  const startedAt = performance.now();
  const child = spawn(argv[0], argv.slice(1), { cwd, env, stdio: ['ignore', keepOutput ? 'pipe' : log, log] });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    output += chunk;
  });
  let peakBytes = 0;
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, wallSeconds: (performance.now() - startedAt) / 1000 });
    });
  });
  let running = true;
  void ended.then(
    () => (running = false),
    () => (running = false),
  );
  while (running) {
    peakBytes = Math.max(peakBytes, readPeakBytes(child.pid));
    await Promise.race([ended, sleep(pollMs)]);
  }
  const { code, signal, wallSeconds } = await ended;
  if (typeof log === 'number') closeSync(log);
  if (!acceptedExitCodes.includes(code)) {
    throw new Error(`${argv.join(' ')} ended with ${signal ?? code}${logFile === undefined ? '' : `; see ${logFile}`}`);
  }
  const own = readOwnCpu();
  const cpuSeconds = own.children - ownBefore.children;
  const machine = readMachineCpu();
  const otherCpuSeconds = machine.busy - machineBefore.busy - cpuSeconds - (own.self - ownBefore.self);
  return {
    sample: {
      wallSeconds,
      cpuSeconds,
      peakBytes,
      otherCpuSeconds: Math.max(0, otherCpuSeconds),
      idleSeconds: Math.max(0, machine.idle - machineBefore.idle),
    },
    output,
    exitCode: code,
  };
};

/** Several samples that follow one another, as one. */
export const addSamples = (samples) => ({
  wallSeconds: samples.reduce((sum, { wallSeconds }) => sum + wallSeconds, 0),
  cpuSeconds: samples.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  peakBytes: Math.max(0, ...samples.map(({ peakBytes }) => peakBytes)),
  otherCpuSeconds: samples.reduce((sum, { otherCpuSeconds }) => sum + otherCpuSeconds, 0),
  idleSeconds: samples.reduce((sum, { idleSeconds }) => sum + idleSeconds, 0),
});
