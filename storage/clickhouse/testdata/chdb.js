// Makes tables and asks them, in the engine of the package chdb that the first
// argument names. The second is a file of JSON: statements, and questions whose
// numbers of rows are printed as JSON.
const { Session } = require(process.argv[2]);
const { statements, questions } = JSON.parse(require("fs").readFileSync(process.argv[3], "utf8"));
const session = new Session();
const run = (sql, format) => {
  try {
    return session.query(sql, format);
  } catch (err) {
    console.error(`${err.message}\n${sql}`);
    process.exit(1);
  }
};
const version = run("SELECT version()", "CSV").trim();
for (const sql of statements) run(sql, "CSV");
const rows = questions.map((sql) => Number(run(`SELECT count() FROM (${sql})`, "CSV")));
console.log(JSON.stringify({ version, rows }));
session.close();
