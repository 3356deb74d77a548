BEGIN TRANSACTION;
CREATE TABLE alerts (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	text TEXT NOT NULL, 
	severity VARCHAR(16) NOT NULL, 
	created FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "alerts" VALUES(1,1,'t','x','INFO',1.0);
CREATE TABLE choices (
	user_id INTEGER NOT NULL, 
	project_id INTEGER NOT NULL, 
	columns TEXT NOT NULL, 
	PRIMARY KEY (user_id, project_id), 
	FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
CREATE TABLE deleted (
	project_id INTEGER NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	PRIMARY KEY (project_id, name), 
	FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
INSERT INTO "deleted" VALUES(1,'third');
CREATE TABLE files (
	run_id INTEGER NOT NULL, 
	name VARCHAR(1024) NOT NULL, 
	blob VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	md5 VARCHAR(32) NOT NULL, 
	updated FLOAT NOT NULL, 
	announced INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (run_id, name), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "files" VALUES(2,'a.txt','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'cccccccccccccccccccccccccccccccc',1.0,1);
CREATE TABLE history (
	run_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	step BIGINT NOT NULL, 
	shape_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (run_id, number), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "history" VALUES(1,0,0,1,'{"_step": 0, "loss": 1}');
INSERT INTO "history" VALUES(1,1,1,1,'{"_step": 1, "loss": 0.5}');
CREATE TABLE lines (
	run_id INTEGER NOT NULL, 
	stream VARCHAR(16) NOT NULL, 
	number INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (run_id, stream, number), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "lines" VALUES(1,'output',0,'one');
CREATE TABLE members (
	project_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	level INTEGER NOT NULL, 
	PRIMARY KEY (project_id, user_id), 
	FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "members" VALUES(1,2,1);
CREATE TABLE projects (
	id INTEGER NOT NULL, 
	entity VARCHAR(128) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	open BOOLEAN NOT NULL, 
	created FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (entity, name)
);
INSERT INTO "projects" VALUES(1,'local','p',0,1000.0);
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	project_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	display_name TEXT NOT NULL, 
	description TEXT, 
	notes TEXT, 
	group_name TEXT, 
	job_type TEXT, 
	"commit" TEXT, 
	host TEXT, 
	program TEXT, 
	repo TEXT, 
	sweep TEXT, 
	tags TEXT NOT NULL, 
	config TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	exit_code INTEGER, 
	created FLOAT NOT NULL, 
	heartbeat FLOAT NOT NULL, 
	stop BOOLEAN NOT NULL, 
	fresh VARCHAR(64) NOT NULL, 
	rewrites INTEGER NOT NULL, 
	posted BIGINT DEFAULT '0' NOT NULL, 
	announced INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (project_id, name), 
	FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "runs" VALUES(1,1,1,'first','first',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'[]','{"lr": {"value": 0.1}}','{}','running',NULL,1000.0,1000.0,0,'',0,0,0);
INSERT INTO "runs" VALUES(2,1,1,'second','second',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'[]','{"lr": {"value": 0.1}}','{}','running',NULL,1000.0,1000.0,0,'',0,0,0);
CREATE TABLE shapes (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	leaves TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "shapes" VALUES(1,1,'[["_step", "number"], ["loss", "number"]]');
CREATE TABLE users (
	id INTEGER NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	key_hash VARCHAR(64) NOT NULL, 
	admin BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	UNIQUE (key_hash)
);
INSERT INTO "users" VALUES(1,'local','4c592cc554181ae196f001d55bb3b9814c0a9ad69f2958cb6c28e1b304992228',1);
INSERT INTO "users" VALUES(2,'other','03c10e8c74add27ef37e4f84fa249d5d91e90bb117509fe70642a9a20e813482',0);
CREATE INDEX shapes_of_run ON shapes (run_id);
CREATE INDEX history_by_step ON history (run_id, step);
CREATE INDEX history_by_shape ON history (run_id, shape_id, number);
CREATE INDEX alerts_of_run ON alerts (run_id);
COMMIT;
