// Checks a dashboard against Grafana's own types:
//
//	node check.mjs DASHBOARD.json FOLDER
//
// FOLDER is where npm has installed what package.json names. It says what is
// wrong, a line each, and then exits with status 1.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const [dashboard, folder] = process.argv.slice(2).map((path) => resolve(path));
const ts = createRequire(join(folder, 'package.json'))('typescript');

// Both files are as if they lay in the folder, so that its modules are found.
const here = dirname(fileURLToPath(import.meta.url));
const prefix = "import type {OurDashboard} from './dashboard';\nexport default ";
const files = new Map([
	[join(folder, 'dashboard.ts'), readFileSync(join(here, 'dashboard.ts'), 'utf8')],
	[join(folder, 'check.ts'), prefix + readFileSync(dashboard, 'utf8').trimEnd() + ' satisfies OurDashboard;\n'],
]);

const options = {
	strict: true, noEmit: true, skipLibCheck: true, types: [],
	target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
};
const host = ts.createCompilerHost(options);
const {fileExists, readFile} = host;
host.fileExists = (path) => files.has(path) || fileExists(path);
host.readFile = (path) => files.get(path) ?? readFile(path);
const program = ts.createProgram([join(folder, 'check.ts')], options, host);

const problems = ts.getPreEmitDiagnostics(program);
for (const problem of problems) {
	const text = ts.flattenDiagnosticMessageText(problem.messageText, '\n  ');
	if (!problem.file) {
		console.log(text);
		continue;
	}
	const {line, character} = problem.file.getLineAndCharacterOfPosition(problem.start);
	const ours = problem.file.fileName.endsWith('check.ts');
	console.log(`${ours ? dashboard : problem.file.fileName}:${ours ? line : line + 1}:${character + 1}: ${text}`);
}
process.exitCode = problems.length > 0 ? 1 : 0;
