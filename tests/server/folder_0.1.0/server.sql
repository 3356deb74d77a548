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
INSERT INTO "alerts" VALUES(1,1,'high','loss above 1','WARN',1.7957103557289342881e+09);
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
INSERT INTO "files" VALUES(1,'a.txt','48005ccc17fd897cba4ec46ec02c41f2',4,'1cb251ec0d568de6a929b520c4aed8d1',1.79571035550397133822e+09,1);
INSERT INTO "files" VALUES(1,'media/images/x.png','91cf01c6951694ef06bfb6235c2b3395',256,'e2c865db4162bed963bfaa9ef6ac18f0',1.79571035557490658765e+09,1);
INSERT INTO "files" VALUES(1,'wandb-metadata.json','840e5c79c825698e9d0cfd1139e934df',2,'99914b932bd37a50b983c5e7c90ae93b',1.7957103556552655697e+09,1);
CREATE TABLE history (
	run_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	step BIGINT NOT NULL, 
	shape_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (run_id, number), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "history" VALUES(1,0,0,1,'{"_step": 0, "_runtime": 0.0, "loss": 1.0, "deep": {"x": 0}}');
INSERT INTO "history" VALUES(1,1,1,1,'{"_step": 1, "_runtime": 0.5, "loss": 0.5, "deep": {"x": 1}}');
INSERT INTO "history" VALUES(1,2,2,1,'{"_step": 2, "_runtime": 1.0, "loss": 0.3333333333333333, "deep": {"x": 2}}');
INSERT INTO "history" VALUES(1,3,3,1,'{"_step": 3, "_runtime": 1.5, "loss": 0.25, "deep": {"x": 3}}');
INSERT INTO "history" VALUES(1,4,4,1,'{"_step": 4, "_runtime": 2.0, "loss": 0.2, "deep": {"x": 4}}');
INSERT INTO "history" VALUES(1,5,5,1,'{"_step": 5, "_runtime": 2.5, "loss": 0.16666666666666666, "deep": {"x": 5}}');
INSERT INTO "history" VALUES(1,6,6,1,'{"_step": 6, "_runtime": 3.0, "loss": 0.14285714285714285, "deep": {"x": 6}}');
INSERT INTO "history" VALUES(1,7,7,1,'{"_step": 7, "_runtime": 3.5, "loss": 0.125, "deep": {"x": 7}}');
INSERT INTO "history" VALUES(1,8,8,1,'{"_step": 8, "_runtime": 4.0, "loss": 0.1111111111111111, "deep": {"x": 8}}');
INSERT INTO "history" VALUES(1,9,9,1,'{"_step": 9, "_runtime": 4.5, "loss": 0.1, "deep": {"x": 9}}');
INSERT INTO "history" VALUES(1,10,10,1,'{"_step": 10, "_runtime": 5.0, "loss": 0.09090909090909091, "deep": {"x": 10}}');
INSERT INTO "history" VALUES(1,11,11,1,'{"_step": 11, "_runtime": 5.5, "loss": 0.08333333333333333, "deep": {"x": 11}}');
INSERT INTO "history" VALUES(1,12,12,1,'{"_step": 12, "_runtime": 6.0, "loss": 0.07692307692307693, "deep": {"x": 12}}');
INSERT INTO "history" VALUES(1,13,13,1,'{"_step": 13, "_runtime": 6.5, "loss": 0.07142857142857142, "deep": {"x": 13}}');
INSERT INTO "history" VALUES(1,14,14,1,'{"_step": 14, "_runtime": 7.0, "loss": 0.06666666666666667, "deep": {"x": 14}}');
INSERT INTO "history" VALUES(1,15,15,1,'{"_step": 15, "_runtime": 7.5, "loss": 0.0625, "deep": {"x": 15}}');
INSERT INTO "history" VALUES(1,16,16,1,'{"_step": 16, "_runtime": 8.0, "loss": 0.058823529411764705, "deep": {"x": 16}}');
INSERT INTO "history" VALUES(1,17,17,1,'{"_step": 17, "_runtime": 8.5, "loss": 0.05555555555555555, "deep": {"x": 17}}');
INSERT INTO "history" VALUES(1,18,18,1,'{"_step": 18, "_runtime": 9.0, "loss": 0.05263157894736842, "deep": {"x": 18}}');
INSERT INTO "history" VALUES(1,19,19,1,'{"_step": 19, "_runtime": 9.5, "loss": 0.05, "deep": {"x": 19}}');
INSERT INTO "history" VALUES(1,20,20,1,'{"_step": 20, "_runtime": 10.0, "loss": 0.047619047619047616, "deep": {"x": 20}}');
INSERT INTO "history" VALUES(1,21,21,1,'{"_step": 21, "_runtime": 10.5, "loss": 0.045454545454545456, "deep": {"x": 21}}');
INSERT INTO "history" VALUES(1,22,22,1,'{"_step": 22, "_runtime": 11.0, "loss": 0.043478260869565216, "deep": {"x": 22}}');
INSERT INTO "history" VALUES(1,23,23,1,'{"_step": 23, "_runtime": 11.5, "loss": 0.041666666666666664, "deep": {"x": 23}}');
INSERT INTO "history" VALUES(1,24,24,1,'{"_step": 24, "_runtime": 12.0, "loss": 0.04, "deep": {"x": 24}}');
INSERT INTO "history" VALUES(1,25,25,1,'{"_step": 25, "_runtime": 12.5, "loss": 0.038461538461538464, "deep": {"x": 25}}');
INSERT INTO "history" VALUES(1,26,26,1,'{"_step": 26, "_runtime": 13.0, "loss": 0.037037037037037035, "deep": {"x": 26}}');
INSERT INTO "history" VALUES(1,27,27,1,'{"_step": 27, "_runtime": 13.5, "loss": 0.03571428571428571, "deep": {"x": 27}}');
INSERT INTO "history" VALUES(1,28,28,1,'{"_step": 28, "_runtime": 14.0, "loss": 0.034482758620689655, "deep": {"x": 28}}');
INSERT INTO "history" VALUES(1,29,29,1,'{"_step": 29, "_runtime": 14.5, "loss": 0.03333333333333333, "deep": {"x": 29}}');
INSERT INTO "history" VALUES(1,30,30,1,'{"_step": 30, "_runtime": 15.0, "loss": 0.03225806451612903, "deep": {"x": 30}}');
INSERT INTO "history" VALUES(1,31,31,1,'{"_step": 31, "_runtime": 15.5, "loss": 0.03125, "deep": {"x": 31}}');
INSERT INTO "history" VALUES(1,32,32,1,'{"_step": 32, "_runtime": 16.0, "loss": 0.030303030303030304, "deep": {"x": 32}}');
INSERT INTO "history" VALUES(1,33,33,1,'{"_step": 33, "_runtime": 16.5, "loss": 0.029411764705882353, "deep": {"x": 33}}');
INSERT INTO "history" VALUES(1,34,34,1,'{"_step": 34, "_runtime": 17.0, "loss": 0.02857142857142857, "deep": {"x": 34}}');
INSERT INTO "history" VALUES(1,35,35,1,'{"_step": 35, "_runtime": 17.5, "loss": 0.027777777777777776, "deep": {"x": 35}}');
INSERT INTO "history" VALUES(1,36,36,1,'{"_step": 36, "_runtime": 18.0, "loss": 0.02702702702702703, "deep": {"x": 36}}');
INSERT INTO "history" VALUES(1,37,37,1,'{"_step": 37, "_runtime": 18.5, "loss": 0.02631578947368421, "deep": {"x": 37}}');
INSERT INTO "history" VALUES(1,38,38,1,'{"_step": 38, "_runtime": 19.0, "loss": 0.02564102564102564, "deep": {"x": 38}}');
INSERT INTO "history" VALUES(1,39,39,1,'{"_step": 39, "_runtime": 19.5, "loss": 0.025, "deep": {"x": 39}}');
INSERT INTO "history" VALUES(1,40,40,1,'{"_step": 40, "_runtime": 20.0, "loss": 0.024390243902439025, "deep": {"x": 40}}');
INSERT INTO "history" VALUES(1,41,41,1,'{"_step": 41, "_runtime": 20.5, "loss": 0.023809523809523808, "deep": {"x": 41}}');
INSERT INTO "history" VALUES(1,42,42,1,'{"_step": 42, "_runtime": 21.0, "loss": 0.023255813953488372, "deep": {"x": 42}}');
INSERT INTO "history" VALUES(1,43,43,1,'{"_step": 43, "_runtime": 21.5, "loss": 0.022727272727272728, "deep": {"x": 43}}');
INSERT INTO "history" VALUES(1,44,44,1,'{"_step": 44, "_runtime": 22.0, "loss": 0.022222222222222223, "deep": {"x": 44}}');
INSERT INTO "history" VALUES(1,45,45,1,'{"_step": 45, "_runtime": 22.5, "loss": 0.021739130434782608, "deep": {"x": 45}}');
INSERT INTO "history" VALUES(1,46,46,1,'{"_step": 46, "_runtime": 23.0, "loss": 0.02127659574468085, "deep": {"x": 46}}');
INSERT INTO "history" VALUES(1,47,47,1,'{"_step": 47, "_runtime": 23.5, "loss": 0.020833333333333332, "deep": {"x": 47}}');
INSERT INTO "history" VALUES(1,48,48,1,'{"_step": 48, "_runtime": 24.0, "loss": 0.02040816326530612, "deep": {"x": 48}}');
INSERT INTO "history" VALUES(1,49,49,1,'{"_step": 49, "_runtime": 24.5, "loss": 0.02, "deep": {"x": 49}}');
INSERT INTO "history" VALUES(1,50,50,1,'{"_step": 50, "_runtime": 25.0, "loss": 0.0196078431372549, "deep": {"x": 50}}');
INSERT INTO "history" VALUES(1,51,51,1,'{"_step": 51, "_runtime": 25.5, "loss": 0.019230769230769232, "deep": {"x": 51}}');
INSERT INTO "history" VALUES(1,52,52,1,'{"_step": 52, "_runtime": 26.0, "loss": 0.018867924528301886, "deep": {"x": 52}}');
INSERT INTO "history" VALUES(1,53,53,1,'{"_step": 53, "_runtime": 26.5, "loss": 0.018518518518518517, "deep": {"x": 53}}');
INSERT INTO "history" VALUES(1,54,54,1,'{"_step": 54, "_runtime": 27.0, "loss": 0.01818181818181818, "deep": {"x": 54}}');
INSERT INTO "history" VALUES(1,55,55,1,'{"_step": 55, "_runtime": 27.5, "loss": 0.017857142857142856, "deep": {"x": 55}}');
INSERT INTO "history" VALUES(1,56,56,1,'{"_step": 56, "_runtime": 28.0, "loss": 0.017543859649122806, "deep": {"x": 56}}');
INSERT INTO "history" VALUES(1,57,57,1,'{"_step": 57, "_runtime": 28.5, "loss": 0.017241379310344827, "deep": {"x": 57}}');
INSERT INTO "history" VALUES(1,58,58,1,'{"_step": 58, "_runtime": 29.0, "loss": 0.01694915254237288, "deep": {"x": 58}}');
INSERT INTO "history" VALUES(1,59,59,1,'{"_step": 59, "_runtime": 29.5, "loss": 0.016666666666666666, "deep": {"x": 59}}');
INSERT INTO "history" VALUES(1,60,60,1,'{"_step": 60, "_runtime": 30.0, "loss": 0.01639344262295082, "deep": {"x": 60}}');
INSERT INTO "history" VALUES(1,61,61,1,'{"_step": 61, "_runtime": 30.5, "loss": 0.016129032258064516, "deep": {"x": 61}}');
INSERT INTO "history" VALUES(1,62,62,1,'{"_step": 62, "_runtime": 31.0, "loss": 0.015873015873015872, "deep": {"x": 62}}');
INSERT INTO "history" VALUES(1,63,63,1,'{"_step": 63, "_runtime": 31.5, "loss": 0.015625, "deep": {"x": 63}}');
INSERT INTO "history" VALUES(1,64,64,1,'{"_step": 64, "_runtime": 32.0, "loss": 0.015384615384615385, "deep": {"x": 64}}');
INSERT INTO "history" VALUES(1,65,65,1,'{"_step": 65, "_runtime": 32.5, "loss": 0.015151515151515152, "deep": {"x": 65}}');
INSERT INTO "history" VALUES(1,66,66,1,'{"_step": 66, "_runtime": 33.0, "loss": 0.014925373134328358, "deep": {"x": 66}}');
INSERT INTO "history" VALUES(1,67,67,1,'{"_step": 67, "_runtime": 33.5, "loss": 0.014705882352941176, "deep": {"x": 67}}');
INSERT INTO "history" VALUES(1,68,68,1,'{"_step": 68, "_runtime": 34.0, "loss": 0.014492753623188406, "deep": {"x": 68}}');
INSERT INTO "history" VALUES(1,69,69,1,'{"_step": 69, "_runtime": 34.5, "loss": 0.014285714285714285, "deep": {"x": 69}}');
INSERT INTO "history" VALUES(1,70,70,1,'{"_step": 70, "_runtime": 35.0, "loss": 0.014084507042253521, "deep": {"x": 70}}');
INSERT INTO "history" VALUES(1,71,71,1,'{"_step": 71, "_runtime": 35.5, "loss": 0.013888888888888888, "deep": {"x": 71}}');
INSERT INTO "history" VALUES(1,72,72,1,'{"_step": 72, "_runtime": 36.0, "loss": 0.0136986301369863, "deep": {"x": 72}}');
INSERT INTO "history" VALUES(1,73,73,1,'{"_step": 73, "_runtime": 36.5, "loss": 0.013513513513513514, "deep": {"x": 73}}');
INSERT INTO "history" VALUES(1,74,74,1,'{"_step": 74, "_runtime": 37.0, "loss": 0.013333333333333334, "deep": {"x": 74}}');
INSERT INTO "history" VALUES(1,75,75,1,'{"_step": 75, "_runtime": 37.5, "loss": 0.013157894736842105, "deep": {"x": 75}}');
INSERT INTO "history" VALUES(1,76,76,1,'{"_step": 76, "_runtime": 38.0, "loss": 0.012987012987012988, "deep": {"x": 76}}');
INSERT INTO "history" VALUES(1,77,77,1,'{"_step": 77, "_runtime": 38.5, "loss": 0.01282051282051282, "deep": {"x": 77}}');
INSERT INTO "history" VALUES(1,78,78,1,'{"_step": 78, "_runtime": 39.0, "loss": 0.012658227848101266, "deep": {"x": 78}}');
INSERT INTO "history" VALUES(1,79,79,1,'{"_step": 79, "_runtime": 39.5, "loss": 0.0125, "deep": {"x": 79}}');
INSERT INTO "history" VALUES(1,80,80,1,'{"_step": 80, "_runtime": 40.0, "loss": 0.012345679012345678, "deep": {"x": 80}}');
INSERT INTO "history" VALUES(1,81,81,1,'{"_step": 81, "_runtime": 40.5, "loss": 0.012195121951219513, "deep": {"x": 81}}');
INSERT INTO "history" VALUES(1,82,82,1,'{"_step": 82, "_runtime": 41.0, "loss": 0.012048192771084338, "deep": {"x": 82}}');
INSERT INTO "history" VALUES(1,83,83,1,'{"_step": 83, "_runtime": 41.5, "loss": 0.011904761904761904, "deep": {"x": 83}}');
INSERT INTO "history" VALUES(1,84,84,1,'{"_step": 84, "_runtime": 42.0, "loss": 0.011764705882352941, "deep": {"x": 84}}');
INSERT INTO "history" VALUES(1,85,85,1,'{"_step": 85, "_runtime": 42.5, "loss": 0.011627906976744186, "deep": {"x": 85}}');
INSERT INTO "history" VALUES(1,86,86,1,'{"_step": 86, "_runtime": 43.0, "loss": 0.011494252873563218, "deep": {"x": 86}}');
INSERT INTO "history" VALUES(1,87,87,1,'{"_step": 87, "_runtime": 43.5, "loss": 0.011363636363636364, "deep": {"x": 87}}');
INSERT INTO "history" VALUES(1,88,88,1,'{"_step": 88, "_runtime": 44.0, "loss": 0.011235955056179775, "deep": {"x": 88}}');
INSERT INTO "history" VALUES(1,89,89,1,'{"_step": 89, "_runtime": 44.5, "loss": 0.011111111111111112, "deep": {"x": 89}}');
INSERT INTO "history" VALUES(1,90,90,1,'{"_step": 90, "_runtime": 45.0, "loss": 0.01098901098901099, "deep": {"x": 90}}');
INSERT INTO "history" VALUES(1,91,91,1,'{"_step": 91, "_runtime": 45.5, "loss": 0.010869565217391304, "deep": {"x": 91}}');
INSERT INTO "history" VALUES(1,92,92,1,'{"_step": 92, "_runtime": 46.0, "loss": 0.010752688172043012, "deep": {"x": 92}}');
INSERT INTO "history" VALUES(1,93,93,1,'{"_step": 93, "_runtime": 46.5, "loss": 0.010638297872340425, "deep": {"x": 93}}');
INSERT INTO "history" VALUES(1,94,94,1,'{"_step": 94, "_runtime": 47.0, "loss": 0.010526315789473684, "deep": {"x": 94}}');
INSERT INTO "history" VALUES(1,95,95,1,'{"_step": 95, "_runtime": 47.5, "loss": 0.010416666666666666, "deep": {"x": 95}}');
INSERT INTO "history" VALUES(1,96,96,1,'{"_step": 96, "_runtime": 48.0, "loss": 0.010309278350515464, "deep": {"x": 96}}');
INSERT INTO "history" VALUES(1,97,97,1,'{"_step": 97, "_runtime": 48.5, "loss": 0.01020408163265306, "deep": {"x": 97}}');
INSERT INTO "history" VALUES(1,98,98,1,'{"_step": 98, "_runtime": 49.0, "loss": 0.010101010101010102, "deep": {"x": 98}}');
INSERT INTO "history" VALUES(1,99,99,1,'{"_step": 99, "_runtime": 49.5, "loss": 0.01, "deep": {"x": 99}}');
INSERT INTO "history" VALUES(1,100,100,1,'{"_step": 100, "_runtime": 50.0, "loss": 0.009900990099009901, "deep": {"x": 100}}');
INSERT INTO "history" VALUES(1,101,101,1,'{"_step": 101, "_runtime": 50.5, "loss": 0.00980392156862745, "deep": {"x": 101}}');
INSERT INTO "history" VALUES(1,102,102,1,'{"_step": 102, "_runtime": 51.0, "loss": 0.009708737864077669, "deep": {"x": 102}}');
INSERT INTO "history" VALUES(1,103,103,1,'{"_step": 103, "_runtime": 51.5, "loss": 0.009615384615384616, "deep": {"x": 103}}');
INSERT INTO "history" VALUES(1,104,104,1,'{"_step": 104, "_runtime": 52.0, "loss": 0.009523809523809525, "deep": {"x": 104}}');
INSERT INTO "history" VALUES(1,105,105,1,'{"_step": 105, "_runtime": 52.5, "loss": 0.009433962264150943, "deep": {"x": 105}}');
INSERT INTO "history" VALUES(1,106,106,1,'{"_step": 106, "_runtime": 53.0, "loss": 0.009345794392523364, "deep": {"x": 106}}');
INSERT INTO "history" VALUES(1,107,107,1,'{"_step": 107, "_runtime": 53.5, "loss": 0.009259259259259259, "deep": {"x": 107}}');
INSERT INTO "history" VALUES(1,108,108,1,'{"_step": 108, "_runtime": 54.0, "loss": 0.009174311926605505, "deep": {"x": 108}}');
INSERT INTO "history" VALUES(1,109,109,1,'{"_step": 109, "_runtime": 54.5, "loss": 0.00909090909090909, "deep": {"x": 109}}');
INSERT INTO "history" VALUES(1,110,110,1,'{"_step": 110, "_runtime": 55.0, "loss": 0.009009009009009009, "deep": {"x": 110}}');
INSERT INTO "history" VALUES(1,111,111,1,'{"_step": 111, "_runtime": 55.5, "loss": 0.008928571428571428, "deep": {"x": 111}}');
INSERT INTO "history" VALUES(1,112,112,1,'{"_step": 112, "_runtime": 56.0, "loss": 0.008849557522123894, "deep": {"x": 112}}');
INSERT INTO "history" VALUES(1,113,113,1,'{"_step": 113, "_runtime": 56.5, "loss": 0.008771929824561403, "deep": {"x": 113}}');
INSERT INTO "history" VALUES(1,114,114,1,'{"_step": 114, "_runtime": 57.0, "loss": 0.008695652173913044, "deep": {"x": 114}}');
INSERT INTO "history" VALUES(1,115,115,1,'{"_step": 115, "_runtime": 57.5, "loss": 0.008620689655172414, "deep": {"x": 115}}');
INSERT INTO "history" VALUES(1,116,116,1,'{"_step": 116, "_runtime": 58.0, "loss": 0.008547008547008548, "deep": {"x": 116}}');
INSERT INTO "history" VALUES(1,117,117,1,'{"_step": 117, "_runtime": 58.5, "loss": 0.00847457627118644, "deep": {"x": 117}}');
INSERT INTO "history" VALUES(1,118,118,1,'{"_step": 118, "_runtime": 59.0, "loss": 0.008403361344537815, "deep": {"x": 118}}');
INSERT INTO "history" VALUES(1,119,119,1,'{"_step": 119, "_runtime": 59.5, "loss": 0.008333333333333333, "deep": {"x": 119}}');
INSERT INTO "history" VALUES(2,0,0,2,'{"_step": 0, "v": NaN}');
INSERT INTO "history" VALUES(2,1,1,3,'{"v": 1}');
CREATE TABLE lines (
	run_id INTEGER NOT NULL, 
	stream VARCHAR(16) NOT NULL, 
	number INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (run_id, stream, number), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "lines" VALUES(1,'events',0,'{"_runtime": 0, "system.cpu": 0}');
INSERT INTO "lines" VALUES(1,'events',1,'{"_runtime": 1, "system.cpu": 1}');
INSERT INTO "lines" VALUES(1,'events',2,'{"_runtime": 2, "system.cpu": 2}');
INSERT INTO "lines" VALUES(1,'events',3,'{"_runtime": 3, "system.cpu": 3}');
INSERT INTO "lines" VALUES(1,'events',4,'{"_runtime": 4, "system.cpu": 4}');
INSERT INTO "lines" VALUES(1,'events',5,'{"_runtime": 5, "system.cpu": 5}');
INSERT INTO "lines" VALUES(1,'events',6,'{"_runtime": 6, "system.cpu": 6}');
INSERT INTO "lines" VALUES(1,'events',7,'{"_runtime": 7, "system.cpu": 7}');
INSERT INTO "lines" VALUES(1,'events',8,'{"_runtime": 8, "system.cpu": 8}');
INSERT INTO "lines" VALUES(1,'output',0,'one');
INSERT INTO "lines" VALUES(1,'output',1,'two');
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
INSERT INTO "projects" VALUES(1,'local','p',0,1.79571035518523049352e+09);
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
INSERT INTO "runs" VALUES(1,1,1,'first','tidal-bird-1',NULL,'é
ß','g',NULL,'c0ffee',NULL,'train.py',NULL,NULL,'["a", "b"]','{"lr": {"value": 0.1}, "_wandb": {"value": {"e": {"w": {"startedAt": "2026-01-02T03:04:05Z"}}, "m": [{"1": "loss", "6": [3]}]}}}','{"loss": 0.008333333333333333, "_runtime": 60}','finished',0,1.79571035519588923456e+09,1.7957103558083455562e+09,0,'',0,0,1);
INSERT INTO "runs" VALUES(2,1,1,'second','early-maple-2',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'[]','{"lr": {"value": 0.2}}','{}','running',NULL,1.79571035588128471377e+09,1.79571035594851660731e+09,0,'',0,0,0);
CREATE TABLE shapes (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	leaves TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "shapes" VALUES(1,1,'[["_runtime", "number"], ["_step", "number"], ["deep.x", "number"], ["loss", "number"]]');
INSERT INTO "shapes" VALUES(2,2,'[["_step", "number"], ["v", "number"]]');
INSERT INTO "shapes" VALUES(3,2,'[["v", "number"]]');
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
INSERT INTO "users" VALUES(2,'ann','2d5d77bc52b5716f6649536417b44ef5d0ff595b6c99857d3960e09394771402',0);
CREATE INDEX shapes_of_run ON shapes (run_id);
CREATE INDEX history_by_step ON history (run_id, step);
CREATE INDEX history_by_shape ON history (run_id, shape_id, number);
CREATE INDEX alerts_of_run ON alerts (run_id);
COMMIT;
